// Files that all ranks read, each its share of their bytes.
#pragma once

#include "io/records/blocks.h"

// Where a rank's records begin and end, in the bytes of all files.
typedef struct mb_record_share {
    mb_record_place begin, end;
    int64_t empty, failed;
    int64_t stopped; // before its end, as the rank had enough text
    int64_t text;    // bytes that were read
    mb_text_sum sum;
} mb_record_share;

typedef struct mb_record_shares {
    mb_context *cx;
    const mb_records *records;
    mb_record_files files;
    mb_record_reader reader;
    mb_buffer *place_table, *state_table, *active_table, *share_table, *look_table;
    int64_t *places; // of the files among all bytes, and the end
    mb_record_window window;
    mb_record_share mine, *shares;
    bool *active;
    mb_device_table *devices; // what names of devices have taught before this rank's share
    mb_device_table *merged;  // and after those of all ranks
    mb_status status;         // of this rank's pass, and its message
    char message[MB_MESSAGE_SIZE];
} mb_record_shares;

// Opens tables of names of devices, which know none. Not collective.
mb_status mb_shares_open_devices(mb_record_shares *r) MB_MUST_CHECK;

// Merges what all ranks have learned, if one has: `*wrong` is the first rank whose names contradict
// those before it, which `merged` knows then, or -1. Inside a body, collective, as what follows.
mb_status mb_shares_merge_devices(mb_record_shares *r, int *wrong) MB_MUST_CHECK;
mb_status mb_shares_tell_devices(mb_record_shares *r, mb_record_reading *what) MB_MUST_CHECK;

// Lists the lines that all ranks have skipped, of each file once.
mb_status mb_shares_tell_skipped(mb_record_shares *r, mb_record_reading *what) MB_MUST_CHECK;
