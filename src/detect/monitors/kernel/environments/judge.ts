/** Names the process with the most environment variables. */
import type { Measured } from '../../limits.ts'
import type { EnvironmentsSample } from './read.ts'

export function judgeEnvironments({ large }: EnvironmentsSample): readonly Measured<'most-variables'>[] {
  const [first] = [...large].sort((a, b) => b.variables - a.variables)
  const parts = { name: first?.name ?? '', pid: first?.pid ?? 0 }
  return [{ value: 'most-variables', amount: first?.variables ?? 0, parts }]
}
