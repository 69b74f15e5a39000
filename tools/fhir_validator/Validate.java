import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.ConceptValidationOptions;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.BaseValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Validates FHIR R4 resources with HAPI FHIR, offline.
 *
 * <p>Arguments: the folder of the profiles, the table of codes that are known besides, and the folder of the resources,
 * each file one JSON resource. A resource is judged by the R4 definitions and by each profile that its meta.profile
 * names. Standard output: one JSON object a line for each message, {"file", "severity", "place", "id", "message"}, and last {"validated": n, "profiles": m}.
 */
public final class Validate {
  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  private Validate() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    FhirContext context = FhirContext.forR4();
    List<Path> profiles = files(Path.of(arguments[0]));
    FhirValidator validator = validator(context, profiles, codes(Path.of(arguments[1])));
    List<Path> resources = files(Path.of(arguments[2]));
    for (Path file : resources) {
      String text = Files.readString(file);
      for (SingleValidationMessage found : validator.validateWithResult(text, new ValidationOptions()).getMessages()) {
        out.println(GSON.toJson(row(file, found)));
      }
    }
    out.println(GSON.toJson(Map.of("validated", resources.size(), "profiles", profiles.size())));
  }

  private static FhirValidator validator(FhirContext context, List<Path> profiles, Set<String> codes) throws IOException {
    PrePopulatedValidationSupport own = new PrePopulatedValidationSupport(context);
    for (Path file : profiles) {
      own.addResource((Resource) context.newJsonParser().parseResource(Files.readString(file)));
    }
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    // SNOMED CT, LOINC, RxNorm and the like are no part of FHIR: their codes are not looked up here.
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.INFORMATION);
    ValidationSupportChain chain =
        new ValidationSupportChain(
            own,
            new Known(context, codes),
            new DefaultProfileValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new SnapshotGeneratingValidationSupport(context),
            unknown);
    FhirInstanceValidator module = new FhirInstanceValidator(chain);
    module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    // A profile that is not here is told as a warning, which docs/fhir-validation.md must name.
    module.setErrorForUnknownProfiles(false);
    return context.newValidator().registerValidatorModule(module);
  }

  /** The codes that the table names, as system#code. */
  private static Set<String> codes(Path table) throws IOException {
    try (Stream<String> lines = Files.lines(table)) {
      return lines
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t"))
          .map(cells -> cells[0] + "#" + cells[1])
          .collect(Collectors.toSet());
    }
  }

  /** Says of the codes of the table that they are right, whatever value set asks; of no other. */
  private static final class Known extends BaseValidationSupport {
    private static final String LANGUAGES = "http://hl7.org/fhir/ValueSet/languages";
    private final Set<String> codes;

    private Known(FhirContext context, Set<String> codes) {
      super(context);
      this.codes = codes;
    }

    @Override
    public boolean isCodeSystemSupported(ValidationSupportContext root, String system) {
      return codes.stream().anyMatch(code -> code.startsWith(system + "#"));
    }

    @Override
    public boolean isValueSetSupported(ValidationSupportContext root, String valueSet) {
      return valueSet != null && valueSet.startsWith(LANGUAGES);
    }

    @Override
    public CodeValidationResult validateCode(
        ValidationSupportContext root,
        ConceptValidationOptions options,
        String system,
        String code,
        String display,
        String valueSet) {
      String named = system == null && valueSet != null && valueSet.startsWith(LANGUAGES) ? "urn:ietf:bcp:47" : system;
      return codes.contains(named + "#" + code) ? new CodeValidationResult().setCode(code) : null;
    }

    @Override
    public CodeValidationResult validateCodeInValueSet(
        ValidationSupportContext root,
        ConceptValidationOptions options,
        String system,
        String code,
        String display,
        IBaseResource valueSet) {
      String url = valueSet instanceof org.hl7.fhir.r4.model.ValueSet found ? found.getUrl() : null;
      return validateCode(root, options, system, code, display, url);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      return new ArrayList<>(found.filter(one -> one.toString().endsWith(".json")).sorted().toList());
    }
  }

  private static Map<String, String> row(Path file, SingleValidationMessage found) {
    Map<String, String> row = new LinkedHashMap<>();
    row.put("file", file.getFileName().toString());
    row.put("severity", found.getSeverity().getCode());
    row.put("place", String.valueOf(found.getLocationString()));
    row.put("id", String.valueOf(found.getMessageId()));
    row.put("message", found.getMessage());
    return row;
  }
}
