/** Computes the share of open files. systemd raises the limit to 2^63 - 1, where the share stays at 0. */
import type { Measured } from '../../limits.ts'
import type { OpenFilesSample } from './read.ts'

export function judgeOpenFiles({ files, limit }: OpenFilesSample): readonly Measured<'used-percent' | 'count'>[] {
  return [
    { value: 'used-percent', amount: (files * 100) / limit, parts: { files, limit } },
    { value: 'count', amount: files },
  ]
}
