#include "types/ip.h"

#include <stdio.h>
#include <string.h>

mb_address mb_ip_address(const mb_type *type, mb_value value)
{
    mb_address address = mb_address_of_number((uint32_t)value.u);
    const mb_dictionary *dictionary = mb_dictionary_of(type);
    if (dictionary) (void)mb_address_of_string(mb_dictionary_entry(dictionary, value.i), &address);
    return address;
}

bool mb_ip_value(const mb_type *type, const mb_address *address, mb_value *value)
{
    bool found = address->version == 4;
    const mb_dictionary *dictionary = mb_dictionary_of(type);
    if (dictionary && dictionary->spread) return false;
    if (dictionary)
        value->i = mb_dictionary_find(dictionary, mb_address_string(address), &found);
    else
        value->u = mb_address_number(address);
    return found;
}

bool mb_ip_above(const mb_type *type, const mb_type *scalar, mb_value *value)
{
    bool above = type == &mb_type_ip && scalar != type && mb_type_is_ip(scalar);
    if (above) value->u = (uint64_t)UINT32_MAX + 1;
    return above;
}

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    char whole[MB_ADDRESS_SIZE];
    mb_address address = mb_ip_address(type, value);
    int length = mb_address_format(&address, size < sizeof whole ? whole : text);
    if (size < sizeof whole) snprintf(text, size, "%.*s", length, whole);
}

static bool parse(const mb_type *type, const char *text, mb_value *value)
{
    mb_address address;
    return mb_address_parse((mb_string){text, strlen(text)}, &address) &&
           mb_ip_value(type, &address, value);
}

const mb_type mb_type_ip = {.name = "ip",
                            .kind = MB_UINT,
                            .file = MB_FILE_UINT,
                            .script = MB_SCRIPT_ADDRESS,
                            .unites = true,
                            .nominal = true,
                            .format = format,
                            .parse = parse,
                            .operate = mb_operate_alike,
                            .mend = "cast those of version 4 with :as(\"int\")"};
