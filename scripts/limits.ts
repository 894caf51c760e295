/** The size limits of the house; `npm run sizes` prints what is near them, test/architecture.test.ts refuses what is over. */

/** Lines, but for `folderMost`, which counts source files without tests. */
export const limits = {
  fileMost: 300,
  fileMedian: 130,
  functionP99: 80,
  folderMost: 16,
  /** All of src/kube without tests: docs/adr/0008-own-kubernetes-client.md. */
  kubeMost: 4_000,
} as const

/** Folders whose files are alike and have one list that names them all, so that their number tells nothing. */
export const siblingFolders: readonly string[] = ['src/repair/decide/gates']

/** True for tests and for what only tests need. */
export function isTestFile(file: string): boolean {
  return file.endsWith('.test.ts') || file.includes('/testing/')
}

/** The folders with more than `folderMost` source files, and how many they have: `src/kube: 24`. */
export function crowdedFolders(files: readonly string[]): readonly string[] {
  const byFolder = Map.groupBy(
    files.filter((file) => !isTestFile(file)),
    (file) => file.slice(0, file.lastIndexOf('/')),
  )
  return [...byFolder]
    .filter(([folder, inside]) => inside.length > limits.folderMost && !siblingFolders.includes(folder))
    .map(([folder, inside]) => `${folder}: ${inside.length}`)
    .sort()
}
