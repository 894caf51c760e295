/** How the providers of Auto Scaling groups reach AWS. */
import type { Cloud } from './cloud.ts'

export interface AwsSettings {
  readonly cloud: Cloud
  /** Makes the group larger by one before a machine is ended, where its maximum allows. */
  readonly replaceFirst: boolean
}
