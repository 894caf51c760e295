/** `npm run wasm`: writes `*.wasm.ts` beside each `*.wat`. A test keeps them in step; the agent loads no file. */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import wabt from 'wabt'

const root = join(import.meta.dirname, '..')

/** The module that holds the compiled text of the WebAssembly file `path`. */
export async function compileText(path: string): Promise<string> {
  const { parseWat } = await wabt()
  const { buffer } = parseWat(basename(path), readFileSync(path, 'utf8')).toBinary({})
  return `/** Compiled from ${basename(path)} by \`npm run wasm\`, base64. */\nexport const wasm =\n  '${Buffer.from(buffer).toString('base64')}'\n`
}

export const textFiles = globSync('src/**/*.wat', { cwd: root }).map((path) => join(root, path))
export const compiledFile = (path: string): string => path.replace(/\.wat$/, '.wasm.ts')

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const path of textFiles) writeFileSync(compiledFile(path), await compileText(path))
}
