/** Every decoder by the name that `decode:` uses in the catalogue. */
import type { Decoders } from './decoder.ts'

export const decoders: Decoders = {}
