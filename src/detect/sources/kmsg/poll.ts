/**
 * Waiting for a descriptor that Node's public interface cannot wait for: `net.Socket` refuses devices, though libuv's
 * streams take every descriptor that epoll takes. So the stream handle below `net.Socket` is used by itself; where a Node
 * does not have it any more, a timer asks.
 */
import { closeSync, readSync } from 'node:fs'
import type { Cancel, Clock } from '../../../telemetry/clock.ts'

/** libuv's stream over a descriptor (`src/pipe_wrap.cc` and `src/stream_base.cc` of Node). Numbers are 0 or an errno. */
interface StreamHandle {
  open(descriptor: number): number
  readStart(): number
  readStop(): number
  /** Told of each read: with what it gave, or without anything when it failed. */
  onread: (bytes?: ArrayBuffer) => void
  /** Closes the descriptor, too. */
  close(): void
}

interface Bindings {
  binding?(name: 'pipe_wrap'): { readonly Pipe?: new (type: number) => StreamHandle } | undefined
}

/** Any stream type will do: it only decides how pipes between processes carry handles. */
const plainStream = 0
/** Between two questions of the timer: as late as a line may be seen (50 ms), at the price of 25 wake-ups a second. */
export const askMs = 40
/** As much as one record of the device can be. */
const recordBytes = 8_192

export interface Poll {
  readonly by: 'poll' | 'timer'
  /**
   * Waits until the descriptor has something, and reads it: whatever one read(2) gives. `undefined` when that read failed;
   * then this poll is used up. One call at a time.
   */
  read(): Promise<Uint8Array | undefined>
  /** Closes the descriptor; a `read` under way never ends. */
  close(): void
}

/**
 * Takes the descriptor over. It must be open with `O_NONBLOCK`; reading it by other means is allowed between calls.
 * Undefined where this Node has no such handle, or libuv does not take the descriptor.
 */
export function pollOn(descriptor: number): Poll | undefined {
  const handle = handleOn(descriptor)
  if (!handle) return undefined
  return {
    by: 'poll',
    read: () =>
      new Promise((resolve) => {
        handle.onread = (bytes) => {
          handle.readStop()
          resolve(bytes && new Uint8Array(bytes))
        }
        const errno = handle.readStart()
        if (errno !== 0) throw new Error(`cannot wait for descriptor ${descriptor}: errno ${-errno}`)
      }),
    close: () => handle.close(),
  }
}

function handleOn(descriptor: number): StreamHandle | undefined {
  try {
    const Pipe = (process as unknown as Bindings).binding?.('pipe_wrap')?.Pipe // no public interface: it may be gone
    const handle = Pipe && new Pipe(plainStream)
    return handle?.open(descriptor) === 0 ? handle : undefined
  } catch {
    return undefined
  }
}

/** The same by a timer. Takes the descriptor over, too. */
export function pollWith(clock: Clock, descriptor: number): Poll {
  let cancel: Cancel = () => undefined
  const buffer = Buffer.allocUnsafeSlow(recordBytes)
  const ask = (resolve: (bytes: Uint8Array | undefined) => void): void => {
    cancel = clock.after(askMs, () => {
      try {
        resolve(buffer.subarray(0, readSync(descriptor, buffer, 0, recordBytes, null)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') ask(resolve)
        else resolve(undefined)
      }
    })
  }
  return {
    by: 'timer',
    read: () => new Promise(ask),
    close() {
      cancel()
      closeSync(descriptor)
    },
  }
}
