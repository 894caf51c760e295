/** Completions are made from the commands; bash and fish themselves are asked, where they are there. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { krewFile, krewManifest, krewPlatforms } from '../../scripts/krew/manifest.ts'
import { flattened, treeOf } from '../../src/cli/completion/tree.ts'
import { program, run } from '../../src/cli/run.ts'
import { testIo } from './io.ts'

const root = join(import.meta.dirname, '..', '..')

async function script(shell: string): Promise<string> {
  const io = testIo()
  assert.equal(await run(['completion', shell], io), 0, io.printed.err)
  return io.printed.out
}

/** What bash offers for `words`, of which the last one is being typed; `kubectl` answers with two nodes. */
function offered(completion: string, words: readonly string[]): string[] {
  const given = words.map((word) => `'${word}'`).join(' ')
  const asked = `kubectl() { printf 'node/worker-1\\nnode/worker-2\\n'; }
COMP_WORDS=(${given}); COMP_CWORD=${words.length - 1}; _nodemend; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', `${completion}\n${asked}`], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return stdout.split('\n').filter((line) => line !== '')
}

test('bash offers every command and every option of each', async () => {
  const completion = await script('bash')
  for (const { path, options, commands } of flattened(treeOf(program(testIo())))) {
    const words = ['nodemend', ...path.split(' ').filter((one) => one !== ''), '']
    const all = new Set(offered(completion, words))
    const names = commands.map((one) => one.path.split(' ').at(-1))
    const flags = options.flatMap((one) => one.flags.filter((flag) => flag.startsWith('--')))
    assert.deepEqual(
      [...names, ...flags].filter((one) => !all.has(one ?? '')),
      [],
      `nodemend ${path}`,
    )
  }
})

test('bash offers what begins like the word, choices of an option, and the nodes of the cluster', async () => {
  const completion = await script('bash')
  assert.deepEqual(offered(completion, ['nodemend', 'sta']), ['status'])
  assert.deepEqual(offered(completion, ['nodemend', 'status', '--output', '']), ['table', 'json', 'yaml'])
  assert.deepEqual(offered(completion, ['nodemend', 'demo', '-o', 'j']), ['json'])
  assert.deepEqual(offered(completion, ['nodemend', 'rules', 't']), ['test'])
  assert.deepEqual(offered(completion, ['nodemend', 'why', 'worker']), ['worker-1', 'worker-2'])
  assert.deepEqual(
    offered(completion, ['nodemend', 'scan', '--kmsg', '/proc/version']),
    ['/proc/version', '/proc/version_signature'].filter(existsSync),
  )
})

test('zsh loads the functions of bash, fish gets a line for each command and option', async (t) => {
  assert.match(await script('zsh'), /bashcompinit[\s\S]*complete -o default -F _nodemend nodemend/)
  const fish = await script('fish')
  const all = flattened(treeOf(program(testIo())))
  const expected = all.reduce((sum, { options, commands }) => sum + options.length + commands.length, 0)
  assert.equal(fish.split('\n').filter((line) => line.startsWith('complete -c nodemend')).length, expected)
  const parsed = spawnSync('fish', ['--no-execute'], { input: fish, encoding: 'utf8' })
  if (parsed.error) return t.diagnostic('there is no fish: its script was not parsed')
  assert.equal(parsed.status, 0, parsed.stderr)
})

test('an unknown shell is one clear line', async () => {
  const io = testIo()
  assert.equal(await run(['completion', 'tcsh'], io), 2)
  assert.match(io.printed.err, /Allowed choices are bash, zsh, fish/)
})

/** A folder with our programs under the names that npm gives them. */
function binFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-plugin-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: Record<string, string> }
  for (const [name, file] of Object.entries(bin)) symlinkSync(join(root, file), join(folder, name))
  return folder
}

test('kubectl nodemend: kubectl finds the plugin by its name', async (t) => {
  const kubectl = spawnSync('kubectl', ['nodemend', '--version'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:${binFolder(t)}` },
  })
  if (kubectl.error) return t.skip('there is no kubectl')
  assert.equal(kubectl.status, 0, kubectl.stderr)
  assert.match(kubectl.stdout, /^\d+\.\d+\.\d+\n$/)
})

test('kubectl completes the plugin’s commands', (t) => {
  const env = { ...process.env, PATH: `${binFolder(t)}:${process.env.PATH}` }
  const kubectl = spawnSync('kubectl', ['__complete', 'nodemend', 'sta'], { encoding: 'utf8', env })
  if (kubectl.error) return t.skip('there is no kubectl')
  assert.match(kubectl.stdout, /^status\n:4\n/, kubectl.stderr)
})

test('the manifest of krew is what npm run krew writes, and has the digests of given archives', () => {
  assert.equal(readFileSync(join(root, krewFile), 'utf8'), krewManifest(new Map()), 'run npm run krew')
  const archives = new Map(krewPlatforms.map(({ archive }) => [archive, Buffer.from(archive)]))
  const { metadata, spec } = parse(krewManifest(archives)) as {
    metadata: { name: string }
    spec: { version: string; platforms: { uri: string; sha256: string; bin: string; files: { from: string }[] }[] }
  }
  assert.equal(metadata.name, 'nodemend')
  assert.match(spec.version, /^v\d+\.\d+\.\d+$/)
  for (const { uri, sha256, bin, files } of spec.platforms) {
    assert.match(sha256, /^(?!0{64})[0-9a-f]{64}$/)
    assert.ok(uri.includes(spec.version))
    assert.ok(files.some(({ from }) => from === bin))
  }
})
