import { App, type AppProps } from 'aws-cdk-lib/core'
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' }

/**
 * The app with every recommended feature flag of this CDK version. It is the same in the cloud, in tests and for `npm
 * start`.
 */
export const fleetApp = (props: AppProps = {}): App => new App({ ...props, context: { ...flags, ...props.context } })
