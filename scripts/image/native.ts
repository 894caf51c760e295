/** The native module of koffi, through which the agent's child asks NVML. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Architecture, lockedPackage, type Part } from './runtime.ts'

export interface NativeModule {
  readonly bytes: Buffer
  readonly license: Buffer
  readonly part: Part
}

const packages = { amd64: 'koffi-linux-x64', arm64: 'koffi-linux-arm64' } as const
const files = { amd64: 'linux_x64/koffi.node', arm64: 'linux_arm64/koffi.node' } as const

/** From the package of the lock file; the licence from koffi itself, which every machine has. */
export function nativeModule(root: string, architecture: Architecture): NativeModule {
  const name = `@koromix/${packages[architecture]}`
  const file = files[architecture]
  const { folder, version } = lockedPackage(root, name, file)
  return {
    bytes: readFileSync(join(folder, file)),
    license: readFileSync(join(root, 'node_modules', 'koffi', 'LICENSE.txt')),
    part: { name, version, license: 'MIT', purl: `pkg:npm/${name.replace('@', '%40')}@${version}` },
  }
}
