import { expect, it } from 'vitest';
import type { AuditEntry } from '@/lib/actions/protocol';
import { csvHead, csvLine } from './export';

it('shows figures as the page does, also those that were nothing before or are nothing now', () => {
  const figures = [
    { label: 'Size of the index', before: null, after: '16 kB' },
    { label: 'Takes', before: 'DEFAULT', after: null },
  ];
  const line = csvLine({ seq: 1, result: { status: 'done', figures } } as unknown as AuditEntry);
  expect(line).toContain('"Size of the index: – → 16 kB\nTakes: DEFAULT → –"');
  expect(csvHead).toContain('figures');
});
