import { readTemplate, type Template } from '../../../local/template/template.ts'

/** A template with one role (`Test-Role`) whose one policy has these statements, and with more resources. */
export const templateOf = (statements: readonly unknown[], more: Record<string, unknown> = {}): Template =>
  readTemplate({
    Resources: {
      Role: { Type: 'AWS::IAM::Role', Properties: {} },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'p',
          PolicyDocument: { Version: '2012-10-17', Statement: statements },
          Roles: [{ Ref: 'Role' }],
        },
      },
      ...more,
    },
  })
