/** Cuts `text` between characters to at most `bytes` bytes of UTF-8, with `…` at the cut. */
export function cutText(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text
  let used = 0
  let kept = ''
  for (const character of text) {
    used += Buffer.byteLength(character)
    if (used > bytes - 3) return `${kept}…`
    kept += character
  }
  return kept
}
