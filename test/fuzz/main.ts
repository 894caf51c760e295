/**
 * `npm run fuzz [-- INPUTS [SEED [TARGET]]]`: a million damaged inputs by default. Runs in a second thread, so that an input
 * on which a parser does not come back is told.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { fuzz } from './run.ts'

const [inputs = '1000000', seed = `${Date.now() % 1_000_000}`, only] = process.argv.slice(2)
/** No input of 64 KiB may take this long. */
const longestMs = 20_000

interface Said {
  readonly target: string
  readonly number: number
  readonly input: string
}

if (isMainThread) watch()
else await work(workerData as Parameters<typeof fuzz>[0])

function watch(): void {
  const data = { inputs: Number(inputs), seed: Number(seed), ...(only !== undefined && { only }) }
  const worker = new Worker(new URL(import.meta.url), { workerData: data })
  let last: Said | undefined
  let target = ''
  let stuck: NodeJS.Timeout | undefined
  worker.on('message', (said: Said) => {
    last = said
    if (said.target !== target) process.stdout.write(`${said.target}\n`)
    target = said.target
    clearTimeout(stuck)
    stuck = setTimeout(() => {
      process.stderr.write(`no answer within ${longestMs / 1000} s: ${JSON.stringify(last)}\n`)
      process.exit(1)
    }, longestMs)
  })
  worker.on('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    clearTimeout(stuck)
  })
  worker.on('exit', () => {
    clearTimeout(stuck)
    if (process.exitCode === undefined) process.stdout.write(`${inputs} inputs, seed ${seed}: no crash\n`)
  })
}

async function work(options: Parameters<typeof fuzz>[0]): Promise<void> {
  // Telling each input costs more than running it: the last one of every hundred is near enough to find it again.
  await fuzz({
    ...options,
    onInput: (target, number, input) => {
      if (number % 100 === 0) parentPort?.postMessage({ target, number, input: input.slice(0, 2_000) } satisfies Said)
    },
  })
}
