/** Every decoder by the name that `decode:` uses in the catalogue. */
import { decodeSxid } from '../monitors/nvidia/sxid.ts'
import { decodeXid } from '../monitors/nvidia/xid.ts'
import type { Decoders } from './decoder.ts'

export const decoders: Decoders = {
  'nvidia-xid': decodeXid,
  'nvidia-sxid': decodeSxid,
}
