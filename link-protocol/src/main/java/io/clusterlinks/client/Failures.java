// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;

/** Classifies what an admin client throws into {@link LinkException}, once, where it enters. */
final class Failures {
    /** How a broker without the plugin refuses configs that it does not know, before it looks for the topic. */
    private static final String STOCK_UNKNOWN_CONFIG = "Unknown topic config name: ";

    /** How brokers begin what they say of a source, which may have failed in the ways in which a cluster does. */
    private static final String OF_SOURCE = "Source of link";

    private static final Set<Errors> RETRIED =
            Set.of(Errors.COORDINATOR_NOT_AVAILABLE, Errors.NOT_COORDINATOR, Errors.COORDINATOR_LOAD_IN_PROGRESS);

    /**
     * How timeouts of Kafka's admin client begin. A broker that waited for a source in vain answers with the same code,
     * and may quote such a timeout, its own.
     */
    private static final Pattern CLIENT_TIMEOUT =
            Pattern.compile("Call\\(callName=|Timed out waiting|Exceeded maxRetries|The AdminClient thread");

    private Failures() {}

    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Whether no broker coordinates links at the moment, which passes. */
    static boolean isRetried(Throwable failure) {
        return RETRIED.contains(Errors.forException(unwrap(failure)));
    }

    /**
     * Whether the failure is the answer of a broker that takes {@code resource} for an ordinary topic. The plugin uses
     * the same codes (for a source topic that does not exist, say), but then says so in words of its own.
     *
     * @param keys names of the entries that were sent
     */
    static boolean isFromBrokerWithoutPlugin(LinkResource resource, Set<String> keys, Throwable failure) {
        Throwable cause = unwrap(failure);
        String message = cause.getMessage() == null ? "" : cause.getMessage();
        return switch (Errors.forException(cause)) {
            case UNKNOWN_TOPIC_OR_PARTITION ->
                message.equals(Errors.UNKNOWN_TOPIC_OR_PARTITION.message())
                        || message.isBlank()
                        || message.contains("'" + resource.resourceName() + "'");
            case INVALID_CONFIG ->
                message.startsWith(STOCK_UNKNOWN_CONFIG)
                        && keys.contains(message.substring(STOCK_UNKNOWN_CONFIG.length()));
            default -> false;
        };
    }

    /** Whether no answer came in time; a broker may also answer that something else did not. */
    static boolean isClientTimeout(Throwable failure) {
        Throwable cause = unwrap(failure);
        return cause instanceof TimeoutException
                && CLIENT_TIMEOUT.matcher(String.valueOf(cause.getMessage())).lookingAt();
    }

    /** The exception that a caller sees. */
    static LinkException classify(LinkResource resource, int timeoutMs, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof LinkException linkException) {
            return linkException;
        }
        if (isClientTimeout(cause)) {
            return new LinkException(
                    Errors.REQUEST_TIMED_OUT,
                    "No answer for " + name(resource) + " within " + timeoutMs / 1000.0
                            + " s. Check that the brokers are up; a change may have been made nevertheless, so describe"
                            + " it before you try again.",
                    cause);
        }
        if (cause instanceof AuthenticationException && !oneLine(cause).startsWith(OF_SOURCE)) {
            return new LinkException(
                    Errors.forException(cause),
                    "Authentication with the cluster failed: " + oneLine(cause) + " Check the client's security"
                            + " settings.",
                    cause);
        }
        Errors error = Errors.forException(cause);
        String said = oneLine(cause);
        String message = said.equals(error.message()) ? capitalize(name(resource)) + ": " + said + remedy(error) : said;
        return new LinkException(error, message, cause);
    }

    /** The exception for what went wrong after an answer came: entries that this client cannot read. */
    static LinkException unexpected(Throwable failure) {
        Throwable cause = unwrap(failure);
        return cause instanceof LinkException linkException
                ? linkException
                : new LinkException(
                        Errors.UNKNOWN_SERVER_ERROR,
                        "The brokers' answer is not understood (" + oneLine(cause)
                                + "); use the client of the brokers' version.",
                        cause);
    }

    private static String remedy(Errors error) {
        return switch (error) {
            case CLUSTER_AUTHORIZATION_FAILED -> " Grant DESCRIBE (to read) or ALTER (to change) on the cluster.";
            case TOPIC_AUTHORIZATION_FAILED -> " Grant ALTER on the topic.";
            case COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS ->
                " Check that the brokers that lead and replicate" + " __cluster_links are up.";
            default -> "";
        };
    }

    /** How messages call a resource. */
    static String name(LinkResource resource) {
        if (resource instanceof LinkResource.Link link) {
            return "link '" + link.link() + "'";
        }
        if (resource instanceof LinkResource.Mirror mirror) {
            return "mirror topic '" + mirror.topic() + "' of link '" + mirror.link() + "'";
        }
        if (resource instanceof LinkResource.Group group) {
            return "group '" + group.group() + "' of link '" + group.link() + "'";
        }
        return "the list of links";
    }

    private static String capitalize(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    private static String oneLine(Throwable cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank()
                ? cause.getClass().getSimpleName()
                : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
