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

/** What to do about it, as a sentence; empty where nothing is to be done. */
export function adviceFor(action: string): string {
  return sentences[action] ?? ''
}

const sentences: Readonly<Record<string, string>> = {
  'restart-app': 'Restart the application',
  'reset-gpu': 'Reset the GPU',
  'reset-gpu-if-jobs-fail': 'Reset the GPUs on this link if jobs fail',
  'reset-fabric': 'Reset all GPUs and switches of the board, in practice by a reboot',
  'drain-and-reset': 'Drain the node, then reset the GPU',
  'drain-p2p': 'End the jobs that use peer-to-peer access of this GPU',
  'recover-imex': 'Recover the IMEX domain',
  'reboot-node': 'Reboot the node; power-cycle it if the GPU stays away',
  'replace-node': 'Replace the node',
  'restart-vm': 'Restart the virtual machine',
  'check-fabric': 'Look at the NVLink fabric: fabric manager, switch, cable',
  'check-fabric-config': 'Look at the partitions of the fabric',
  'check-link': 'Look at the link and at both of its ends',
  'reseat-link': 'Reseat or replace the link',
  'check-power': 'Look at the power leads of the GPU',
  'check-thermals': 'Look at cooling',
  'update-software': 'Bring guest and host driver to matching versions',
  'field-diagnostic': 'Run the field diagnostic',
  'contact-support': 'Ask the vendor if it comes again',
  'follow-companion': 'Act on the Xid beside it',
  'xid154-or-restart-app': 'Do what Xid 154 beside it says, otherwise restart the application',
}
