/** Small steps that the NVIDIA decoders share: looking numbers up, and making text of a log fit for people. */

/** Binary search in rows that ascend by code. */
export function rowOf<T extends { readonly code: number }>(rows: readonly T[], code: number): T | undefined {
  let low = 0
  let high = rows.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row === undefined || row.code === code) return row
    if (row.code < code) low = middle + 1
    else high = middle - 1
  }
  return undefined
}

/** Longest piece of a log line that goes into a message, characters. */
const longestQuote = 200

/** One line of printable text: a broken record must not reach a terminal or a condition as it is. */
export function quote(text: string): string {
  const clean = text.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, '?').trim()
  return clean.length > longestQuote ? `${clean.slice(0, longestQuote)}…` : clean
}

/** What to do about it, as it stands behind a semicolon; empty where nothing is to be done. */
export function adviceFor(action: string): string {
  return sentences[action] ?? ''
}

const sentences: Readonly<Record<string, string>> = {
  'restart-app': 'restart the application',
  'reset-gpu': 'reset the GPU',
  'reset-gpu-if-jobs-fail': 'reset the GPUs on this link if jobs fail',
  'reset-fabric': 'reset all GPUs and switches of the board, in practice by a reboot',
  'drain-and-reset': 'drain the node, then reset the GPU',
  'drain-p2p': 'end the jobs that use peer-to-peer access of this GPU',
  'recover-imex': 'recover the IMEX domain',
  'reboot-node': 'reboot the node; power-cycle it if the GPU stays away',
  'replace-node': 'replace the node',
  'restart-vm': 'restart the virtual machine',
  'check-fabric': 'look at the NVLink fabric: fabric manager, switch, cable',
  'check-fabric-config': 'look at the partitions of the fabric',
  'check-link': 'look at the link and at both of its ends',
  'reseat-link': 'reseat or replace the link',
  'check-power': 'look at the power leads of the GPU',
  'check-thermals': 'look at cooling',
  'update-software': 'bring guest and host driver to matching versions',
  'field-diagnostic': 'run the field diagnostic',
  'contact-support': 'ask the vendor if it comes again',
  'follow-companion': 'act on the Xid beside it',
  'xid154-or-restart-app': 'do what Xid 154 beside it says, otherwise restart the application',
}
