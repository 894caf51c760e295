/** Files inside the single executable that `npm run binary` makes. Everywhere else they lie beside the program. */
import { getAsset, isSea } from 'node:sea'

/** Text of a file, by its path in the package; undefined when this is no single executable. Throws when it has no such file. */
export function travelling(path: string): string | undefined {
  return isSea() ? getAsset(path, 'utf8') : undefined
}

/** The arguments by which Node, or a single executable, starts `programFile` again. */
export function programArguments(programFile: string): readonly string[] {
  return isSea() ? [] : [programFile]
}
