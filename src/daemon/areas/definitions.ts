import { Definitions } from '../../areas/definitions/definitions';
import { definitionsFeed } from '../../areas/event/definitions_stream';
import type { Ground } from '../ground';

export function composeDefinitions({ zdDb, events, clock, config, parts }: Ground): Definitions {
  const limits = () => ({
    maxRecords: config.value('definitions.max_records'),
    maxShells: config.value('definitions.max_shells'),
    maxValueBytes: config.value('definitions.max_value_bytes'),
  });
  const definitions = new Definitions(zdDb, clock, events, limits, (ear, signal) => events.follow(definitionsFeed(ear), null, signal));
  parts.add(definitions.staging.part);
  return definitions;
}
