/** The images of agent and controller for the test node: Node, its libraries, the bundles and the catalogue. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { archiveOf, buildImage, librariesOf, shellFiles } from '../cluster/node/small-image.ts'

const root = join(import.meta.dirname, '..', '..')

/** Writes one archive with the bundles of `dist/` for each of the chart's image names; resolves to the files. */
export function writeImages(folder: string, version: string): string[] {
  mkdirSync(folder, { recursive: true })
  const start = Buffer.from("#!/usr/bin/node\nrequire('/nodemend/bin/nodemend.cjs')\n")
  const files = {
    'usr/bin/node': process.execPath,
    'usr/bin/nodemend': start,
    ...librariesOf(process.execPath),
    // The agent runs journalctl in the node's file system.
    'usr/sbin/chroot': '/usr/sbin/chroot',
    ...librariesOf('/usr/sbin/chroot'),
    ...shellFiles(),
    'nodemend/package.json': join(root, 'package.json'),
    ...filesOf('bin', /\.cjs$/),
    ...filesOf('dist', /\.cjs$|catalogue\.json$/),
    ...filesOf('catalog', /\.yaml$/),
  }
  return ['agent', 'controller'].map((name) => {
    const path = join(folder, `${name}.tar`)
    writeFileSync(path, archiveOf(buildImage({ name: `ghcr.io/nodemend/${name}:${version}`, files })))
    return path
  })
}

function filesOf(folder: string, pattern: RegExp): Record<string, string> {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    pattern.test(name),
  )
  return Object.fromEntries(names.map((name) => [`nodemend/${folder}/${name}`, join(root, folder, name)]))
}
