/** What is in our images. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NativeModule } from './native.ts'
import type { TarEntry } from './tar.ts'

export type Program = 'agent' | 'controller'

/** Where the repository's files lie in an image. */
const home = 'opt/nodemend'

/**
 * `nodemend` in the image: `nodemend agent` is the agent's own bundle, which holds no command-line library, schema or YAML
 * parser; everything else is the whole command. It runs in place, because the image has no shell.
 */
const command = `#!/usr/bin/node
'use strict'
const own = process.argv[2] === 'agent' && !process.argv.includes('--help')
process.argv.splice(1, own ? 2 : 1, own ? '/${home}/dist/agent.cjs' : '/${home}/dist/nodemend.cjs')
require(process.argv[1])
`

/** Without names, programs that ask who they are fail. */
const users = 'root:x:0:0:root:/:/sbin/nologin\nnodemend:x:65532:65532:nodemend:/:/sbin/nologin\n'
const groups = 'root:x:0:\nnodemend:x:65532:\n'

/** What the agent's program that asks NVML loads as `koffi`: the package is nothing but its native module here. */
export function nativeFiles({ bytes, license }: NativeModule): readonly TarEntry[] {
  const folder = `${home}/node_modules/koffi`
  return [
    { path: `${folder}/index.node`, mode: 0o644, bytes },
    { path: `${folder}/LICENSE.txt`, mode: 0o644, bytes: license },
  ]
}

/** Our own files of an image; `root` is the repository, whose bundles are built. */
export function ownFiles(root: string, program: Program): readonly TarEntry[] {
  const bundles = readdirSync(join(root, 'dist')).filter(
    (name) =>
      (name.endsWith('.cjs') && (program === 'agent' || !name.startsWith('agent'))) ||
      ['catalogue.json', 'licences.txt'].includes(name),
  )
  const file = (path: string): TarEntry => ({
    path: `${home}/${path}`,
    mode: 0o644,
    bytes: readFileSync(join(root, path)),
  })
  return [
    { path: 'usr/bin/nodemend', mode: 0o755, bytes: Buffer.from(command) },
    { path: 'etc/passwd', mode: 0o644, bytes: Buffer.from(users) },
    { path: 'etc/group', mode: 0o644, bytes: Buffer.from(groups) },
    { path: 'tmp/', mode: 0o1777 },
    ...bundles.map((name) => file(`dist/${name}`)),
    ...readdirSync(join(root, 'catalog'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => file(`catalog/${name}`)),
    file('LICENSE'),
    file('package.json'),
  ]
}
