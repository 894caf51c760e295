/** An AWS identity for tests: the SDK asks the environment first, and then neither files nor the network. */
import { after, before } from 'node:test'

const identity = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  // A machine's own settings stay out.
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
} as const

/** For the tests of the file, or of the suite, that calls it. */
export function withIdentity(): void {
  const former = new Map<string, string | undefined>()
  before(() => {
    for (const [name, value] of Object.entries(identity)) {
      former.set(name, process.env[name])
      process.env[name] = value
    }
  })
  after(() => {
    for (const [name, value] of former) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
}
