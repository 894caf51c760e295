/** What the agent's first start puts into the environment of its second, and how to get the operator's back. */

/** In the environment of the second start only: a JSON object of the operator's values that ours took the place of. */
export const startMark = 'NODEMEND_AGENT_STARTED'

/** The operator's value counts where there is one. */
const defaults: Readonly<Record<string, string>> = {
  /** One malloc arena for all threads: 1.5 MB. */
  MALLOC_ARENA_MAX: '1',
  /** Larger blocks go back to the system when they are freed, the compiler's working memory among them: 1.8 MB. */
  MALLOC_MMAP_THRESHOLD_: '16384',
  /** One thread writes the state file, one resolves names: a disk that hangs must not keep us from the API server. */
  UV_THREADPOOL_SIZE: '2',
}

/** OpenSSL reads its default store at the first connection, even at one that brings its own CA: 0.8 MB. */
const always: Readonly<Record<string, string>> = { SSL_CERT_FILE: '/dev/null', SSL_CERT_DIR: '/dev/null' }

type Environment = Readonly<Record<string, string | undefined>>

/** The environment of the second start. */
export function secondStart(env: Environment): NodeJS.ProcessEnv {
  const replaced = Object.fromEntries(Object.keys(always).flatMap((name) => (name in env ? [[name, env[name]]] : [])))
  return { ...defaults, ...env, ...always, [startMark]: JSON.stringify(replaced) }
}

/** What the operator gave, for a program that the agent starts: a credential plugin has to verify servers. */
export function operatorEnvironment(env: Environment): Environment {
  const mark = env[startMark]
  if (mark === undefined) return env
  const ours = new Set([startMark, ...Object.keys(always)])
  const kept = Object.entries(env).filter(([name, value]) => !ours.has(name) && defaults[name] !== value)
  return { ...Object.fromEntries(kept), ...(JSON.parse(mark) as Environment) } // `secondStart` wrote it
}
