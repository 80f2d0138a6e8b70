import type { Area } from '../../kernel/registry';
import { del } from './delete';
import { deleteRoute } from './delete_route';
import { digestRoute } from './digest_route';
import { downloadRoute } from './download_route';
import { gc } from './gc';
import { get } from './get';
import { getByDigest } from './get_by_digest';
import { list } from './list';
import { pin } from './pin';
import { put } from './put';
import { stat } from './stat';
import { unpin } from './unpin';
import { uploadRoute } from './upload_route';
import { verify } from './verify';

export const artifactArea: Area = {
  name: 'artifact',
  summary: 'Contents of any size under names, kept once per sha256 and never served damaged.',
  ops: [put, get, getByDigest, list, del, gc, verify, stat, pin, unpin],
  routes: [digestRoute, downloadRoute, uploadRoute, deleteRoute],
};
