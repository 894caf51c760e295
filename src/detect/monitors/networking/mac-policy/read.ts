/**
 * The rule by which udev gives pods' interfaces their MAC address: systemd.link(5). udev keeps in its database which
 * file it used for an interface (src/udev/udev-builtin-net_setup_link.c, ID_NET_LINK_FILE).
 */
import { type Host, numberIn, textOf } from '../../../host/host.ts'
import { podFolders } from '../../../host/network.ts'
import type { Look } from '../../probe.ts'

export interface MacPolicySample {
  /** Files that say another policy than `none`, with it. */
  readonly files: readonly { readonly file: string; readonly policy: string }[]
}

/** The Amazon VPC CNI names the node's end of a pod's interface `eni` and eleven digits. */
const podSide = /^eni[0-9a-f]{11}$/
/** All of them get the same file. */
const mostPods = 4

export function readMacPolicy(host: Host): Look<MacPolicySample> {
  if (podFolders(host, 'aws-node-').length === 0) return { absent: 'no pod of the Amazon VPC CNI has run on this node' }
  const pods = host.list('sys/class/net').filter((name) => podSide.test(name))
  const files = new Map<string, readonly string[]>()
  for (const name of pods.slice(0, mostPods)) {
    const { file, extensions } = linkFilesOf(host, name)
    if (file !== undefined) files.set(file, extensions)
  }
  const sample = [...files].flatMap(([file, extensions]) => {
    const policy = [file, ...extensions].map((one) => policyIn(host, one)).findLast((one) => one !== undefined)
    return policy === undefined || policy === '' || policy === 'none' ? [] : [{ file, policy }]
  })
  return { sample: { files: sample } }
}

/** The link file that udev used, and its extensions in the order in which they count. */
function linkFilesOf(host: Host, name: string): { readonly file?: string; readonly extensions: readonly string[] } {
  const index = numberIn(host, `sys/class/net/${name}/ifindex`)
  const text = textOf(host.read(`run/udev/data/n${index}`)) ?? ''
  const property = (key: string): string | undefined => new RegExp(`^E:${key}=(.*)$`, 'm').exec(text)?.[1]
  const file = property('ID_NET_LINK_FILE')
  const extensions = property('ID_NET_LINK_FILE_DROPINS')?.split(':') ?? []
  return { ...(file && { file }), extensions }
}

/** The last setting of a file counts. */
function policyIn(host: Host, file: string): string | undefined {
  const lines = (textOf(host.read(file.replace(/^\//, ''))) ?? '').split('\n')
  return lines.flatMap((line) => /^\s*MACAddressPolicy\s*=\s*(.*?)\s*$/.exec(line)?.[1] ?? []).at(-1)
}
