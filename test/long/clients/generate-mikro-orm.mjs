import { EntityGenerator } from '@mikro-orm/entity-generator'
import { MikroORM } from '@mikro-orm/postgresql'

const orm = await MikroORM.init({
  clientUrl: process.env.DATABASE_URL, discovery: { warnWhenNoEntities: false }, extensions: [EntityGenerator]
})
await orm.entityGenerator.generate({ path: './entities', save: true, entityDefinition: 'entitySchema', skipTables: ['driplo_secrets', 'listing_search'] })
await orm.close()
