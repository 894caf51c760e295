/** The licences of what our bundles hold, as one text that travels with them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundledFolders } from './image/bundled.ts'

/** Our own licence, then one section for each package of each bundle in dist/. */
export function licencesOf(root: string): string {
  const bundles = readdirSync(join(root, 'dist'))
    .filter((name) => name.endsWith('.meta.json'))
    .map((name) => name.slice(0, -'.meta.json'.length))
  const packages = bundledFolders(root, bundles).toSorted()
  return [
    section('nodemend', readFileSync(join(root, 'LICENSE'), 'utf8')),
    ...packages.map((folder) => ofPackage(root, folder)),
  ].join('\n')
}

/** A section of the text: the name, underlined, then the licence. */
export function section(name: string, text: string): string {
  return `${name}\n${'='.repeat(name.length)}\n\n${text.trim()}\n`
}

function ofPackage(root: string, folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly license: string
  } // npm refuses a package without them
  const texts = readdirSync(join(root, folder))
    .filter((file) => /^(?:licen[cs]e|notice)/i.test(file))
    .map((file) => readFileSync(join(root, folder, file), 'utf8').trim())
  return section(`${name} ${version} (${license})`, texts.join('\n\n') || `${license}, without a text of its own.`)
}
