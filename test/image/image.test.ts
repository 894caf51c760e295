/** The images that ship: built twice alike, small enough, readable by other programs, and running without a writable file. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { unpackedPackages } from '../../scripts/image/debian.ts'
import { type BuiltImage, buildImage, largest, programs, settingsOf } from '../../scripts/image/images.ts'
import { searchPath } from '../../scripts/image/oci.ts'

type Program = (typeof programs)[number]

const root = join(import.meta.dirname, '..', '..')
const skip = await whyNot()

async function whyNot(): Promise<string | false> {
  if (!existsSync(join(root, 'dist', 'agent.cjs'))) return 'needs the bundles: npm run build'
  if (process.arch !== 'x64') return 'the image of this machine is built on amd64 only'
  try {
    await unpackedPackages('amd64') // fetched once, and kept in the cache
    return false
  } catch (error) {
    return `needs packages of Debian: ${(error as Error).message}`
  }
}

const built = new Map<Program, BuiltImage>()
async function imageOf(program: Program): Promise<BuiltImage> {
  const image = built.get(program) ?? (await buildImage(root, program, 'amd64'))
  built.set(program, image)
  return image
}

const programsThatUnpack = ['skopeo', 'zstd', 'chroot'].every((name) => spawnSync('which', [name]).status === 0)

describe('images', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-image-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('the same content has the same digest', async () => {
    const image = await imageOf('agent')
    const again = await buildImage(root, 'agent', 'amd64')
    assert.equal(again.digest, image.digest)
    assert.equal(again.sbom, image.sbom)
    assert.ok(again.archive.equals(image.archive))
  })

  for (const program of ['agent', 'controller'] as const) {
    test(`the image of the ${program} is small enough, and its parts list names Node and the C library`, async () => {
      const image = await imageOf(program)
      assert.ok(image.compressed <= largest[program], `${image.compressed} bytes`)
      const sbom = JSON.parse(image.sbom) as { components: { name: string; version: string }[] } // sbomOf wrote it
      for (const name of ['node', 'libc6', 'libstdc++6', 'libgcc-s1'])
        assert.ok(sbom.components.find((one) => one.name === name)?.version, `no version of ${name}`)
    })
  }

  test('others read it, and it runs with nothing but its own files', {
    skip: !programsThatUnpack || process.getuid?.() !== 0 ? 'needs root, skopeo and zstd' : false,
  }, async () => {
    for (const program of ['agent', 'controller'] as const) {
      const archive = join(folder, `${program}.tar`)
      writeFileSync(archive, (await imageOf(program)).archive)
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
      // The agent runs the journalctl of the node in the node's tree.
      if (program === 'agent') assert.match(said('chroot', [rootfs, 'chroot', '/', 'node', '--version']), /^v\d+/)
    }
  })

  test('the controller is no root, the agent is', async () => {
    assert.match((await imageOf('controller')).archive.toString('latin1'), /"User":"65532:65532"/)
    assert.match((await imageOf('agent')).archive.toString('latin1'), /"User":"0:0"/)
  })
})

test('the Dockerfile has the settings of the images, and takes their files from where they come from', () => {
  const text = readFileSync(join(root, 'deploy', 'image', 'Dockerfile'), 'utf8')
  const stages = new Map(
    text.split(/^FROM /m).flatMap((stage) => {
      const [, name = ''] = /^.* AS (\w+)$/m.exec(stage) ?? []
      return name === '' ? [] : [[name, stage] as const]
    }),
  )
  assert.match(stages.get('files') ?? '', /scripts\/image\/tree\.ts \$program \$TARGETARCH \/files\/\$program/)
  for (const program of programs) {
    const { entrypoint, command, user } = settingsOf(program)
    const written = stages
      .get(program)
      ?.replaceAll(/^#.*\n/gm, '')
      .trim()
      .split('\n')
    assert.deepEqual(written, [
      `scratch AS ${program}`,
      `COPY --from=files /files/${program} /`,
      `ENV ${searchPath}`,
      `USER ${user}`,
      `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
      `CMD ${JSON.stringify(command)}`,
    ])
  }
})

function said(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`)
  return stdout
}
