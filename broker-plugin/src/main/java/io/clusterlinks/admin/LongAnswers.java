// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkException;
import org.apache.kafka.common.utils.Utils;

/**
 * Makes texts fit that are longer than a string of Kafka's protocol can be (32,767 bytes). Names of groups may be that
 * long, and what a source says is as long as it likes; an answer that cannot be put into bytes is none.
 */
final class LongAnswers {
    private static final int MAX_BYTES = Short.MAX_VALUE;
    /** A char takes up to three bytes. */
    private static final int MAX_CHARS = MAX_BYTES / 3 - 1;
    /** What is left of a long text within JSON. */
    private static final int MAX_NESTED_CHARS = 200;

    private LongAnswers() {}

    static boolean fits(String text) {
        return text == null || Utils.utf8Length(text) <= MAX_BYTES;
    }

    /** The text itself if it fits; of JSON the same with shorter texts in it, of other texts the beginning. */
    static String fitting(String text) {
        if (fits(text)) {
            return text;
        }
        String shorter = shorterJson(text);
        return fits(shorter) ? shorter : beginning(shorter, MAX_CHARS);
    }

    private static String shorterJson(String text) {
        try {
            return Json.write(shorten(Json.read(text, JsonNode.class)));
        } catch (LinkException notJson) {
            return text;
        }
    }

    private static JsonNode shorten(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> field.setValue(shorten(field.getValue())));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, shorten(array.get(i)));
            }
        } else if (node.isTextual()) {
            return TextNode.valueOf(beginning(node.textValue(), MAX_NESTED_CHARS));
        }
        return node;
    }

    private static String beginning(String text, int chars) {
        return text.length() <= chars ? text : text.substring(0, chars - 3) + "...";
    }
}
