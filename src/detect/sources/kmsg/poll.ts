/**
 * poll(2) on a descriptor that Node's public interface cannot wait for: `net.Socket` refuses devices, though libuv's
 * streams take every descriptor that epoll takes. So the stream handle below `net.Socket` is used by itself.
 */

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
  binding(name: 'pipe_wrap'): { readonly Pipe: new (type: number) => StreamHandle }
}

/** Any stream type will do: it only decides how pipes between processes carry handles. */
const plainStream = 0

export interface Poll {
  /**
   * Waits until the descriptor has something, and reads it: whatever one read(2) of 64 KiB gives. `undefined` when that
   * read failed; then this poll is used up. One call at a time.
   */
  read(): Promise<Uint8Array | undefined>
  /** Closes the descriptor; a `read` under way never ends. */
  close(): void
}

/** Takes the descriptor over. It must be open with `O_NONBLOCK`; reading it by other means is allowed between calls. */
export function pollOn(descriptor: number): Poll {
  const { Pipe } = (process as unknown as Bindings).binding('pipe_wrap')
  const handle = new Pipe(plainStream)
  const check = (errno: number, what: string): void => {
    if (errno !== 0) throw new Error(`cannot ${what} descriptor ${descriptor}: errno ${-errno}`)
  }
  check(handle.open(descriptor), 'wait on')
  return {
    read: () =>
      new Promise((resolve) => {
        handle.onread = (bytes) => {
          handle.readStop()
          resolve(bytes && new Uint8Array(bytes))
        }
        check(handle.readStart(), 'wait for')
      }),
    close: () => handle.close(),
  }
}
