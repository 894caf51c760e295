/** How the provider reaches AWS. */
import type { Cloud } from './cloud.ts'

export interface EksSettings {
  readonly cloud: Cloud
  /** Makes the group larger by one before a machine is ended, where its maximum allows. */
  readonly replaceFirst: boolean
}
