// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.filter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A place in a filter's JSON. Whatever is refused is refused with the config's key and this place. */
final class FilterJson {
    private static final ObjectReader READER = Json.mapper()
            .copy()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final String key;
    private final String place;
    private final JsonNode node;

    private FilterJson(String key, String place, JsonNode node) {
        this.key = key;
        this.place = place;
        this.node = node;
    }

    /** The elements of the one array, named {@code field}, that the document holds. */
    static List<FilterJson> elements(String key, String json, String field) {
        FilterJson root = new FilterJson(key, "$", parse(key, json)).object(Set.of(field));
        FilterJson array = root.child(field);
        if (array.node == null || !array.node.isArray()) {
            throw array.refusal("must be an array of filters");
        }
        List<FilterJson> elements = new ArrayList<>();
        for (int i = 0; i < array.node.size(); i++) {
            elements.add(new FilterJson(key, array.place + "[" + i + "]", array.node.get(i)));
        }
        return elements;
    }

    private static JsonNode parse(String key, String json) {
        try {
            return READER.readTree(json);
        } catch (JsonProcessingException e) {
            String at = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw LinkException.invalidConfig(
                    key + " is not JSON" + at + ": " + e.getOriginalMessage().replaceAll("\\s+", " ") + ".");
        }
    }

    /** This place, which must be an object with no other fields. */
    FilterJson object(Set<String> fields) {
        if (node == null || !node.isObject()) {
            throw refusal("must be an object with " + sorted(fields));
        }
        node.fieldNames().forEachRemaining(name -> {
            if (!fields.contains(name)) {
                throw refusal("has the unknown field '" + name + "'; there are " + sorted(fields));
            }
        });
        return this;
    }

    FilterJson child(String field) {
        return new FilterJson(key, place + "." + field, node.get(field));
    }

    boolean isMissing() {
        return node == null || node.isNull();
    }

    /** The text of a field; null if it is not there. */
    String text(String field) {
        FilterJson child = child(field);
        if (child.isMissing()) {
            return null;
        }
        if (!child.node.isTextual()) {
            throw child.refusal("must be a string");
        }
        return child.node.textValue();
    }

    String requiredText(String field) {
        String text = text(field);
        if (text == null || text.isEmpty()) {
            throw child(field).refusal("is missing");
        }
        return text;
    }

    /** The value of a field among {@code allowed}, upper or lower case; {@code otherwise} if it is not there. */
    <E extends Enum<E>> E choice(String field, Class<E> type, Set<E> allowed, E otherwise) {
        String text = text(field);
        if (text == null) {
            if (otherwise == null) {
                throw child(field).refusal("is missing; use one of " + sorted(allowed));
            }
            return otherwise;
        }
        return Arrays.stream(type.getEnumConstants())
                .filter(allowed::contains)
                .filter(value -> value.name().equals(text.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> child(field).refusal("is '" + text + "'; use one of " + sorted(allowed)));
    }

    LinkException refusal(String why) {
        return LinkException.invalidConfig(key + ": " + place + " " + why + ".");
    }

    private static List<String> sorted(Set<?> names) {
        return names.stream().map(Object::toString).sorted().toList();
    }
}
