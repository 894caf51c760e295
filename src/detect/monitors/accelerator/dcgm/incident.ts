/** A check of DCGM that did not pass. */
export interface Incident {
  /** PCI address, or DCGM's own number of the GPU. */
  readonly device: string
  /** DCGM's result: 10 is a warning, 20 a failure. */
  readonly result: 10 | 20
  /** `DCGM_FR_…`; absent where only a text is known. */
  readonly code?: string
  readonly text: string
}
