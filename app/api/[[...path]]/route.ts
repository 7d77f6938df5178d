import { nowhere } from '@/lib/access/route';

export const { GET, POST, PUT, PATCH, DELETE, OPTIONS } = nowhere();
