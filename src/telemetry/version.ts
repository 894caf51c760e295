/** The version in every report of ours. Kept equal to package.json by test/architecture.test.ts. */
export const version = '0.1.0'
