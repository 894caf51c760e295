/** The packed tarball in a folder that holds nothing else, without a network: what `npx nodemend scan` runs. */
import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
const fault =
  'kernel: EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0\n'
const built = existsSync(join(root, 'dist', 'nodemend.cjs'))

interface Manifest {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies?: unknown
}

describe('the packed tarball', { skip: !built && 'needs the bundles: npm run build' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-package-'))
  const project = join(folder, 'project')
  const installed = join(project, 'node_modules', 'nodemend')
  let manifest: Manifest
  after(() => rmSync(folder, { recursive: true }))

  before(() => {
    const packed = npm(
      root,
      ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
      join(folder, 'packing'),
    )
    const tarball = join(folder, packed.stdout.trim())
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{"private": true}')
    npm(project, ['install', tarball, '--offline', '--omit=optional'], join(folder, 'cache'))
    manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest // our package.json
  })

  test('installs without a network, because it needs no other package', () => {
    assert.equal(manifest.dependencies, undefined)
    assert.deepEqual(
      readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['nodemend'],
    )
  })

  test('holds the bundles, the catalogue and the pages, and nothing of the sources', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
    const known =
      /^(?:bin\/[\w.-]+|dist\/(?:[\w-]+\.cjs|catalogue\.json|licences\.txt)|catalog\/.*\.yaml|docs\/.*\.md|README(?:\.ko)?\.md|LICENSE|package\.json)$/
    assert.deepEqual(
      files.filter((file) => !known.test(file)),
      [],
    )
    const shipped = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.cjs'))
    assert.deepEqual(
      shipped.filter((name) => !files.includes(`dist/${name}`)),
      [],
    )
    assert.match(manifest.scripts.prepack ?? '', /scripts\/build\.ts/)
  })

  test('has commands that can be run, and says which Node they need', () => {
    for (const [name, file] of Object.entries(manifest.bin)) {
      accessSync(join(installed, file), constants.X_OK)
      assert.match(readFileSync(join(installed, file), 'utf8'), /^#!/)
      assert.ok(existsSync(join(project, 'node_modules', '.bin', name)), name)
    }
    assert.equal(manifest.engines.node, '>=24')
  })

  test('scans and classifies through npx', () => {
    const scan = npx(['scan', '--output', 'json'])
    assert.ok(scan.status === 0 || scan.status === 1, scan.stderr)
    const { monitors } = JSON.parse(scan.stdout) as { readonly monitors: readonly unknown[] } // `scan --output json`
    assert.ok(monitors.length > 10)
    assert.match(npx(['classify', '-'], fault).stdout, /warning\tStorageReady\tExt4Error\tsda1/)
    assert.match(npx(['licences']).stdout, /^zod /m)
  })

  test('with too old a Node, says which is needed; and uses the one that npm brought', () => {
    const before = old()
    assert.equal(before.status, 2)
    assert.equal(before.stdout, '')
    assert.match(before.stderr, /^nodemend: Node 24 or newer is needed, this is v18\.20\.4\. Install it, or [^\n]+\n$/)
    // npm puts what a package depends on beside it.
    const brought = join(project, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
    mkdirSync(dirname(brought), { recursive: true })
    symlinkSync(process.execPath, brought)
    assert.equal(old().stdout.trim(), manifest.version)
  })

  function npx(args: readonly string[], input = ''): SpawnSyncReturns<string> {
    return withoutNetwork('npx', ['--offline', 'nodemend', ...args], { cwd: project, input })
  }

  /** A Node that says it is an old one starts the command. */
  function old(): SpawnSyncReturns<string> {
    const pretend = `
      Object.defineProperty(process.versions, 'node', { value: '18.20.4' })
      Object.defineProperty(process, 'version', { value: 'v18.20.4' })
      process.argv = [process.argv[0], '', '--version']
      require(${JSON.stringify(join(installed, manifest.bin.nodemend ?? ''))})`
    return spawnSync(process.execPath, ['-e', pretend], { cwd: project, encoding: 'utf8' })
  }
})

/** `cache`: a folder of its own, so that nothing comes from another run, and nothing is left in the repository. */
function npm(cwd: string, args: readonly string[], cache: string): SpawnSyncReturns<string> {
  const flags = ['--no-audit', '--no-fund', '--cache', cache]
  const done = withoutNetwork('npm', [...args, ...flags], { cwd })
  assert.equal(done.status, 0, done.stdout + done.stderr)
  return done
}

/** As root in a network name space that has no interface but loopback; everywhere else npm is told not to use one. */
function withoutNetwork(
  program: string,
  args: readonly string[],
  { cwd, input = '' }: { readonly cwd: string; readonly input?: string },
): SpawnSyncReturns<string> {
  const words = process.getuid?.() === 0 ? ['unshare', '--net', program, ...args] : [program, ...args]
  const path = `${dirname(process.execPath)}:${process.env.PATH}`
  return spawnSync(words[0] ?? basename(program), words.slice(1), {
    cwd,
    input,
    encoding: 'utf8',
    env: { HOME: cwd, PATH: path, npm_config_update_notifier: 'false' },
  })
}
