// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import org.apache.kafka.common.protocol.Errors;

/** Wording of what goes wrong with a partition. */
final class SourceText {
    private SourceText() {}

    /** An answer of the source to a fetch, as an operator should read it. */
    static String fetchError(Errors error, MirrorPartition partition) {
        return switch (error) {
            case TOPIC_AUTHORIZATION_FAILED -> missingAcl("READ", partition);
            case UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID ->
                "the source's leader of " + partition.source() + " does not know it (" + error + ")";
            case CORRUPT_MESSAGE -> "the source finds its log of " + partition.source() + " corrupt";
            default -> "the source answers " + error + " for " + partition.source();
        };
    }

    static String missingAcl(String operation, MirrorPartition partition) {
        String topic = partition.source().topic();
        return "the principal of link " + partition.link() + " may not " + operation + " topic '" + topic
                + "' at the source; add an ACL that allows " + operation + " on TOPIC " + topic + " there";
    }

    static String oneLine(Throwable failure) {
        String message = failure.getMessage();
        String text = message == null
                ? failure.getClass().getSimpleName()
                : message.replaceAll("\\s+", " ").trim();
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }
}
