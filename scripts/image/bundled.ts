/** The npm packages whose code is in a bundle, as esbuild's metafile says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Part } from './runtime.ts'

/** Their folders below `root`, each once; `bundles` are names in dist/ without their ending. */
export function bundledFolders(root: string, bundles: readonly string[]): readonly string[] {
  const folders = bundles.flatMap((bundle) => {
    const meta = JSON.parse(readFileSync(join(root, 'dist', `${bundle}.meta.json`), 'utf8')) as {
      readonly inputs: Readonly<Record<string, unknown>>
    } // esbuild wrote it
    return Object.keys(meta.inputs).flatMap(
      (path) => /^(?:late:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
    )
  })
  return [...new Set(folders)]
}

/** Sorted by name; `bundles` as above. */
export function bundledPackages(root: string, bundles: readonly string[]): readonly Part[] {
  return bundledFolders(root, bundles)
    .map((folder): Part => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
        readonly name: string
        readonly version: string
        readonly license: string
      } // npm refuses a package without them
      return { name, version, license, purl: `pkg:npm/${name.replace('@', '%40')}@${version}` }
    })
    .sort((a, b) => (a.purl < b.purl ? -1 : 1))
}
