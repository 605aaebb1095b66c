// Names of hosts in other letters than ASCII's: IDNA 2008 with the mappings of UTS 46, by libidn2.
#pragma once

#include "column/column.h"

// A pending text column of the names as the DNS has them (xn--...), or with `decode` as people read
// them. MB_EINVALID for the first row that is no name of hosts, or with `skip` it is missing.
// Inside a body, collective.
mb_status mb_text_idna(mb_context *cx, mb_column *column, bool decode, bool skip,
                       mb_column **result) MB_MUST_CHECK;
