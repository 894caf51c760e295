/** Every decoder by the name that `decode:` uses in the catalogue. */

import type { Decoders } from './decoder.ts'
import { decodeSxid } from './nvidia/sxid.ts'
import { decodeXid } from './nvidia/xid.ts'

export const decoders: Decoders = {
  'nvidia-xid': decodeXid,
  'nvidia-sxid': decodeSxid,
}
