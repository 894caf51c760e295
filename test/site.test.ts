/** The documentation builds as a site; VitePress refuses a dead link between its pages. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')

test('the site builds, without a dead link, and has every page', async (t) => {
  const site = mkdtempSync(join(tmpdir(), 'nodemend-site-'))
  t.after(() => rmSync(site, { recursive: true }))
  const vitepress = join(root, 'node_modules', 'vitepress', 'bin', 'vitepress.js')
  await promisify(execFile)(process.execPath, [vitepress, 'build', 'docs', '--outDir', site], { cwd: root })
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.md') && !name.startsWith('.vitepress'),
  )
  const missing = pages
    .map((name) => name.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html'))
    .filter((name) => !existsSync(join(site, name)))
  assert.deepEqual(missing, [])
})
