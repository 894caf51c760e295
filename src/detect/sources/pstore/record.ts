/**
 * One file that the kernel left over a crash: fs/pstore/platform.c, `pstore_dump` writes a head `Panic#1 Part2`, then the
 * end of the kernel log, each line with its level and stamp.
 */

/** The lines of a file, oldest first, without level and stamp; the head stays, for it says what happened. */
export function linesOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const bare = line
      .replace(/^<\d+>/, '')
      .replace(/^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?/, '')
      .trimEnd()
    return bare === '' ? [] : [bare]
  })
}

/** `dmesg-efi-…`, `dmesg-ramoops-0`, `dmesg-erst-…`; not `console-`, `ftrace-` or `pmsg-`, nor what is compressed. */
export function isDump(name: string): boolean {
  return /^dmesg-[\w-]+$/.test(name) || name === 'dmesg.txt'
}
