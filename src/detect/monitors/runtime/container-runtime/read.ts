/**
 * Whether the runtime answers on its socket. The kernel accepts connections for a process that hangs, so an HTTP/2
 * preface is sent (RFC 9113, 3.4) and the server's own settings are waited for, which every gRPC server sends at once.
 */
import type { Host } from '../../../host/host.ts'
import type { Answer, Loopback } from '../../../host/network.ts'
import type { Look } from '../../probe.ts'

export interface RuntimeSample {
  readonly socket: string
  /** Why it is not well; undefined when it is. */
  readonly trouble?: string
  /** It has answered at this or an earlier look. */
  readonly answered: boolean
}

/** Where containerd, CRI-O, cri-dockerd and the k3s family put their sockets. */
const sockets = [
  ['run/containerd', 'containerd.sock'],
  ['run/crio', 'crio.sock'],
  ['run', 'cri-dockerd.sock'],
  ['run/k3s/containerd', 'containerd.sock'],
] as const
const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
])
/** The type of a SETTINGS frame, at its offset in the frame's head. */
const settings = { type: 4, offset: 3 }

export async function readRuntime(
  host: Host,
  loopback: Loopback | undefined,
  before?: RuntimeSample,
): Promise<Look<RuntimeSample>> {
  const found = sockets.find(([folder, name]) => host.list(folder).includes(name))
  const socket = found ? `/${found.join('/')}` : before?.socket
  if (socket === undefined) return { absent: 'no container runtime has a socket on this machine' }
  if (!loopback) return { absent: 'services of a saved copy of a machine cannot be asked' }
  const gone = 'its socket is gone'
  const trouble = found ? troubleOf(await loopback.ask({ path: host.path(socket) }, preface)) : gone
  if (trouble !== undefined) return { sample: { socket, trouble, answered: before?.answered ?? false } }
  return { sample: { socket, answered: true } }
}

function troubleOf(answer: Answer): string | undefined {
  if ('refused' in answer) return 'nothing listens on its socket'
  if ('silent' in answer) return `its socket ${answer.silent}`
  return answer.bytes[settings.offset] === settings.type ? undefined : 'its socket does not speak gRPC'
}
