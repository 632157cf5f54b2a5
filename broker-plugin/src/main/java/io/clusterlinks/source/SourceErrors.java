// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.Errors;

/** Classifies what a Kafka client throws, once, into one line that names the step, the address and the remedy. */
final class SourceErrors {
    private static final int MAX_CHARS = 300;

    private SourceErrors() {}

    /**
     * The link's view of {@code failure}.
     *
     * @param step what was being done
     * @param address host:port, null if unknown
     */
    static LinkException classify(String link, String step, String address, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof LinkException known) {
            return known;
        }
        if (cause instanceof InterruptedException || cause instanceof InterruptException) {
            return new LinkException(
                    Errors.COORDINATOR_NOT_AVAILABLE,
                    "This broker stops while it asks the source of link " + link + " (" + step
                            + "). Repeat the command.",
                    cause);
        }
        String where = "Source of link " + link + (address == null ? "" : " at " + address) + ": ";
        if (cause instanceof AuthenticationException) {
            return new LinkException(Errors.forException(cause), where + authentication(cause), cause);
        }
        if (cause instanceof AuthorizationException) {
            return new LinkException(
                    Errors.forException(cause),
                    where + step + " is not authorized: " + line(cause)
                            + "; grant the link's principal the missing ACL at the source.",
                    cause);
        }
        if (cause instanceof UnsupportedVersionException) {
            return new LinkException(
                    Errors.UNSUPPORTED_VERSION,
                    where + step + " is not supported by the source (" + line(cause)
                            + "); links need Apache Kafka 2.1 or newer at the source.",
                    cause);
        }
        if (cause instanceof TimeoutException || cause instanceof java.util.concurrent.TimeoutException) {
            return new LinkException(
                    Errors.REQUEST_TIMED_OUT,
                    where + step + " timed out (" + line(cause) + "); check that the source's brokers are healthy and"
                            + " that their advertised listeners are reachable from here.",
                    cause);
        }
        if (cause instanceof ConfigException || !(cause instanceof ApiException)) {
            return new LinkException(
                    Errors.INVALID_CONFIG,
                    where + step + " failed: " + rootLine(cause) + "; check the link's client configs.",
                    cause);
        }
        return new LinkException(Errors.forException(cause), where + step + " failed: " + line(cause) + ".", cause);
    }

    /** What answers at the link's address is not its source. */
    static LinkException anotherCluster(String link, String clusterId, String answering) {
        return new LinkException(
                Errors.INCONSISTENT_CLUSTER_ID,
                "Another cluster (" + beginning(answering) + ") answers at the address of link " + link
                        + "; its source is " + clusterId + ": correct " + LinkConfig.BOOTSTRAP_SERVERS
                        + ", or create another link.");
    }

    private static String authentication(Throwable cause) {
        if (cause instanceof SslAuthenticationException) {
            return "TLS handshake failed (" + rootLine(cause)
                    + "); check ssl.truststore.*, ssl.keystore.* and ssl.endpoint.identification.algorithm.";
        }
        if (cause instanceof UnsupportedSaslMechanismException) {
            return "SASL mechanism is not enabled there (" + line(cause) + "); check sasl.mechanism.";
        }
        if (cause instanceof IllegalSaslStateException) {
            return "SASL handshake was refused (" + line(cause)
                    + "); the listener may not use SASL: check security.protocol.";
        }
        if (cause instanceof SaslAuthenticationException) {
            return "SASL authentication failed (" + line(cause) + "); check sasl.mechanism and sasl.jaas.config.";
        }
        return "authentication failed (" + line(cause) + "); check security.protocol and the credentials.";
    }

    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String rootLine(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return line(root);
    }

    static String line(Throwable failure) {
        String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            return failure.getClass().getSimpleName();
        }
        String flat = message.replaceAll("\\s+", " ").trim();
        return beginning(flat.endsWith(".") ? flat.substring(0, flat.length() - 1) : flat);
    }

    /** What a source says is shown, kept and reported for every partition: as much of it as an operator can use. */
    private static String beginning(String text) {
        return text.length() <= MAX_CHARS ? text : text.substring(0, MAX_CHARS) + "...";
    }
}
