/** The documentation as a site: `npm run site` builds it into dist/site and fails on a dead link. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'

const docs = join(import.meta.dirname, '..')

const sections = {
  tutorial: 'Tutorial',
  'how-to': 'How to',
  reference: 'Reference',
  explanation: 'Explanation',
  runbooks: 'Runbooks',
  adr: 'Decisions',
}

/** The pages of a folder by their titles. */
function pagesOf(folder: string): { readonly text: string; readonly link: string }[] {
  return readdirSync(join(docs, folder))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => {
      const title = /^# (.+)$/m.exec(readFileSync(join(docs, folder, name), 'utf8'))?.[1] ?? name
      return { text: title, link: `/${folder}/${name.replace(/\.md$/, '')}` }
    })
}

export default defineConfig({
  title: 'Nodemend',
  description: 'Finds sick Kubernetes nodes and mends them, safely.',
  outDir: join(docs, '..', 'dist', 'site'),
  cacheDir: join(docs, '..', 'dist', '.vitepress'),
  cleanUrls: true,
  // Pages of the repository itself are no part of the site.
  ignoreDeadLinks: [/^\.\.\/\.\.\//, /\/(CONTRIBUTING|SECURITY|CHANGELOG)$/],
  rewrites: { ':folder/README.md': ':folder/index.md' },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: Object.entries(sections).map(([folder, text]) => ({
      text,
      collapsed: folder !== 'tutorial' && folder !== 'how-to',
      items: pagesOf(folder),
    })),
  },
})
