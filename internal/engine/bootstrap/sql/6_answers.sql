-- What repeatable requests were answered (Idempotency-Key), kept with their effect. Nobody but the owner can reach it.

create schema if not exists mainstay;

create table if not exists mainstay.answers (
  key text primary key,
  request text not null,
  answer text not null,
  expires timestamptz not null
);
create index if not exists answers_expires_idx on mainstay.answers (expires);
revoke all on mainstay.answers from public;
