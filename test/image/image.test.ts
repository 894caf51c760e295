/** The images that ship: built twice alike, small enough, readable by other programs, and running without a writable file. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type BuiltImage, buildImage, largest, type programs } from '../../scripts/image/images.ts'

type Program = (typeof programs)[number]

const root = join(import.meta.dirname, '..', '..')
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nodemend', 'image')
const skip = whyNot()

function whyNot(): string | false {
  if (!existsSync(join(root, 'dist', 'agent.cjs'))) return 'needs the bundles: npm run build'
  if (process.arch !== 'x64') return 'the image of this machine is built on amd64 only'
  if (!existsSync(join(cache, 'libraries-amd64'))) return 'needs the libraries of the image: npm run image -- amd64'
  return false
}

const built = new Map<Program, BuiltImage>()
function imageOf(program: Program): BuiltImage {
  const image = built.get(program) ?? buildImage(root, program, 'amd64')
  built.set(program, image)
  return image
}

const programsThatUnpack = ['skopeo', 'zstd', 'chroot'].every((name) => spawnSync('which', [name]).status === 0)

describe('images', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-image-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('the same content has the same digest', () => {
    const image = imageOf('agent')
    const again = buildImage(root, 'agent', 'amd64')
    assert.equal(again.digest, image.digest)
    assert.equal(again.sbom, image.sbom)
    assert.ok(again.archive.equals(image.archive))
  })

  for (const program of ['agent', 'controller'] as const) {
    test(`the image of the ${program} is small enough, and its parts list names Node and the C library`, () => {
      const image = imageOf(program)
      assert.ok(image.compressed <= largest[program], `${image.compressed} bytes`)
      const sbom = JSON.parse(image.sbom) as { components: { name: string; version: string }[] } // sbomOf wrote it
      const native = program === 'agent' ? ['@koromix/koffi-linux-x64'] : []
      for (const name of ['node', 'libc6', 'libstdc++6', 'libgcc-s1', ...native])
        assert.ok(sbom.components.find((one) => one.name === name)?.version, `no version of ${name}`)
    })
  }

  test('others read it, and it runs with nothing but its own files', {
    skip: !programsThatUnpack || process.getuid?.() !== 0 ? 'needs root, skopeo and zstd' : false,
  }, () => {
    for (const program of ['agent', 'controller'] as const) {
      const archive = join(folder, `${program}.tar`)
      writeFileSync(archive, imageOf(program).archive)
      const manifest = JSON.parse(said('skopeo', ['inspect', '--raw', `oci-archive:${archive}`])) as {
        readonly layers: readonly { readonly digest: string }[]
      } // skopeo checked it
      assert.match(said('skopeo', ['inspect', `oci-archive:${archive}`]), /"Architecture": "amd64"/)
      const layout = join(folder, `${program}-layout`)
      const rootfs = join(folder, program)
      for (const one of [layout, rootfs]) mkdirSync(one)
      said('tar', ['-xf', archive, '-C', layout])
      for (const { digest } of manifest.layers)
        said('tar', ['--zstd', '-xf', join(layout, 'blobs', digest.replace(':', '/')), '-C', rootfs])
      assert.match(said('chroot', [rootfs, '/usr/bin/nodemend', '--version']), /^\d+\.\d+\.\d+/)
      assert.match(said('chroot', [rootfs, '/usr/bin/nodemend', program, '--help']), /Usage: nodemend/)
      assert.deepEqual(readdirSync(join(rootfs, 'tmp')), [])
      if (program === 'controller') continue
      const asked = said('chroot', [rootfs, '/usr/bin/node', '/opt/nodemend/dist/agent-nvml.cjs', '/'])
      assert.match(asked, /^\{"init":13,/, 'the program that asks NVML loads its native module, and finds no library')
    }
  })

  test('the controller is no root, the agent is', () => {
    assert.match(imageOf('controller').archive.toString('latin1'), /"User":"65532:65532"/)
    assert.match(imageOf('agent').archive.toString('latin1'), /"User":"0:0"/)
  })
})

function said(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`)
  return stdout
}
