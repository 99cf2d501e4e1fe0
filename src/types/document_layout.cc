#include "types/document_layout.h"

#include <algorithm>
#include <limits>

namespace rem {

std::optional<uint32_t> FindName(const ContainerHead& head, std::string_view name) {
  uint32_t low = 0, high = head.count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const int order = head.name(middle).compare(name);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

std::optional<uint32_t> FindId(const ContainerHead& head, uint32_t id) {
  uint32_t low = 0, high = head.count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const uint32_t here = head.id(middle);
    if (here == id) return middle;
    if (here < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

namespace {

template <typename T>
bool Fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

template <typename T>
void AppendTagged(std::string& out, NodeTag tag, T value) {
  char buffer[1 + sizeof(T)];
  buffer[0] = static_cast<char>(tag);
  std::memcpy(buffer + 1, &value, sizeof(T));
  out.append(buffer, sizeof(buffer));
}

size_t VarintSize(uint64_t value) { return value < 0x80 ? 1 : 1 + VarintSize(value >> 7); }

// Makes room for a head of `size` bytes in front of the values that start at `begin`.
char* OpenGap(std::string& out, size_t begin, size_t size) {
  const size_t values = out.size() - begin;
  out.resize(out.size() + size);
  char* gap = out.data() + begin;
  std::memmove(gap + size, gap, values);
  return gap;
}

char* PutStart(char* at, NodeTag tag, uint8_t widths, size_t count) {
  *at++ = static_cast<char>(tag);
  *at++ = static_cast<char>(widths);
  while (count >= 0x80) {
    *at++ = static_cast<char>(count | 0x80);
    count >>= 7;
  }
  *at++ = static_cast<char>(count);
  return at;
}

char* PutTable(char* at, std::span<const uint32_t> numbers, uint8_t width) {
  if (width == 1) {
    for (const uint32_t number : numbers) *at++ = static_cast<char>(number);
    return at;
  }
  for (const uint32_t number : numbers) {
    std::memcpy(at, &number, width);
    at += width;
  }
  return at;
}

}  // namespace

void AppendInt(std::string& out, int64_t value) {
  if (Fits<int8_t>(value)) {
    AppendTagged(out, NodeTag::kInt8, static_cast<int8_t>(value));
  } else if (Fits<int16_t>(value)) {
    AppendTagged(out, NodeTag::kInt16, static_cast<int16_t>(value));
  } else if (Fits<int32_t>(value)) {
    AppendTagged(out, NodeTag::kInt32, static_cast<int32_t>(value));
  } else {
    AppendTagged(out, NodeTag::kInt64, value);
  }
}

void AppendDouble(std::string& out, double value) { AppendTagged(out, NodeTag::kDouble, value); }

void PutArrayHead(std::string& out, size_t begin, std::span<const uint32_t> ends) {
  const uint8_t width = WidthFor(ends.empty() ? 0 : ends.back());
  const size_t size = 2 + VarintSize(ends.size()) + ends.size() * width;
  char* at = OpenGap(out, begin, size);
  PutTable(PutStart(at, NodeTag::kArray, width, ends.size()), ends, width);
}

void PutNamedHead(std::string& out, size_t begin, std::span<const uint32_t> ends, std::string_view names,
                  std::span<const uint32_t> name_ends) {
  const uint8_t width = WidthFor(ends.empty() ? 0 : std::max<size_t>(ends.back(), names.size()));
  const size_t size = 2 + VarintSize(ends.size()) + 2 * ends.size() * width + names.size();
  char* at = OpenGap(out, begin, size);
  at = PutStart(at, NodeTag::kNamedObject, width, ends.size());
  at = PutTable(at, name_ends, width);
  at = PutTable(at, ends, width);
  std::memcpy(at, names.data(), names.size());
}

void PutKeyedHead(std::string& out, size_t begin, std::span<const uint32_t> ends, std::span<const uint32_t> ids) {
  const uint8_t width = WidthFor(ends.empty() ? 0 : ends.back());
  const uint8_t id_width = ids.empty() || ids.back() < 0x100 ? 1 : 2;
  const size_t size = 2 + VarintSize(ends.size()) + ends.size() * (width + id_width);
  char* at = OpenGap(out, begin, size);
  at = PutStart(at, NodeTag::kKeyedObject, static_cast<uint8_t>(id_width << 4 | width), ends.size());
  at = PutTable(at, ids, id_width);
  PutTable(at, ends, width);
}

}  // namespace rem
