/** Splits a stream of bytes into lines without ever holding more than one unfinished line. */

/** Yields each line without its newline. Drops a last line without a newline, because the stream was cut. Throws RangeError over `maxBytes`. */
export async function* readLines(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string> {
  let held: Buffer[] = []
  let heldBytes = 0
  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end)
      const line = held.length === 0 ? piece : Buffer.concat([...held, piece])
      held = []
      heldBytes = 0
      start = end + 1
      if (line.length > 0) yield line.toString('utf8')
    }
    if (start === chunk.length) continue
    held.push(chunk.subarray(start))
    heldBytes += chunk.length - start
    if (heldBytes > maxBytes) throw new RangeError(`a line is longer than ${maxBytes} bytes`)
  }
}
