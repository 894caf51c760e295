/** Bytes → lines, for logs in files and pipes. */

/** Longest line that is kept whole, bytes; the rest of a longer one is dropped, the line is not. */
export const longestLine = 65_536

/** Yields each line without its newline; a last line without one counts too. Bad UTF-8 becomes U+FFFD, never an error. `onCut` is
 * called before each line that is longer than `longest` bytes, and so not whole. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  onCut: () => void = () => {},
  longest: number = longestLine,
): AsyncGenerator<string> {
  let held: Buffer[] = []
  let size = 0
  const take = (part: Buffer): void => {
    const room = longest - size
    if (room > 0) held.push(part.subarray(0, room))
    size += part.length
  }
  const flush = (): string => {
    if (size > longest) onCut()
    const line = Buffer.concat(held).toString('utf8')
    held = []
    size = 0
    let end = line.length
    while (line[end - 1] === '\r') end-- // serial consoles write two
    return line.slice(0, end)
  }
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      take(bytes.subarray(start, end))
      yield flush()
      start = end + 1
    }
    if (start < bytes.length) take(Buffer.from(bytes.subarray(start)))
  }
  if (size > 0) yield flush()
}
