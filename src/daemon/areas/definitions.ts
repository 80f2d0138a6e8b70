import { Definitions } from '../../areas/definitions/definitions';
import { definitionsFeed } from '../../areas/event/definitions_stream';
import type { Ground } from '../ground';

export function composeDefinitions({ zdDb, events, clock, config }: Ground): Definitions {
  const limits = () => ({
    maxRecords: config.value('definitions.max_records'),
    maxShells: config.value('definitions.max_shells'),
    maxValueBytes: config.value('definitions.max_value_bytes'),
  });
  return new Definitions(zdDb, clock, events, limits, (ear, signal) => events.follow(definitionsFeed(ear), null, signal));
}
